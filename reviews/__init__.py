"""What people are asked while a run waits: queues, reviews, votes, and the policy over them."""
