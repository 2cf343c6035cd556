"""What the operator and a customer's administrator type: a whole register, one entry of it, an objection."""
