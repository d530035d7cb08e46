"""The load on a relay, as a process of its own: clients with real ICE, DTLS and SRTP, hundreds on one core.

Most viewers are cheap: once such a one has had its first whole key frame, its packets are no longer decrypted, only
counted by the clear header that SRTP leaves (RFC 3711 §3.1). Some, spread evenly over the order of joining, go on
decrypting everything, ask for what is missing, and read the moment of sending out of each payload.
"""
