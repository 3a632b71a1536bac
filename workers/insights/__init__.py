"""What the work teaches: questions that no document answers, and replies that rest on a wrong one."""
