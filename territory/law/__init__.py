"""What the law makes a public Wi-Fi keep, why, and for how long: dated data and pure rules."""
