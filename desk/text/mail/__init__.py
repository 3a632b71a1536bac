"""What a mail is made of: the customer's new words, what they quote or pass on, and what their mail program added."""
