"""The relay's protocols: `now` and datagrams in, what to send and what happened out. No socket, clock or thread."""
