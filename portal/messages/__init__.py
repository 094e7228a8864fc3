"""Mail and text messages to guests: by whom they go, what they may cost, what they have cost."""
