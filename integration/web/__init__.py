"""What all pages share: the look, the safe rendering of what people wrote, the receipt's layout, security headers."""
