"""The ground: the words of the product, its ports, errors, settings, policy, privacy and database session."""
