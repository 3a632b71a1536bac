"""What an account allows, how it speaks and what is set on its tickets: the policy file and its parts."""
