"""The addresses of the contract, by what they are about."""
