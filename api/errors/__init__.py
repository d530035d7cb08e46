"""What the api refuses, by room: each with a stable code, a sentence in two languages and an HTTP status."""
