"""What a message says about itself without any model: mood, urgency, a wish for a person, orders to the machine."""
