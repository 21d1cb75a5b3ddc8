"""What a workflow is and how it runs durably."""
