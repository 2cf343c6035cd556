"""What a customer tells for its register of information (`details`), and who hears of changes by mail (`lists`)."""
