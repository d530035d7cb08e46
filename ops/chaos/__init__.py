"""A meeting with real media while parts die, the store is away, the disk fills, packets are lost; then the account."""
