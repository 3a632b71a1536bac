"""What every room stands on: settings, the database session, encryption, accounts."""
