"""What every page of the API stands on: who may call, what may come in, how it answers, and once only."""
