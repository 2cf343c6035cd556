"""What the evidence is made of (`cloud`), and what is made of it: a tenant's page, annexes, records, the fragment."""
