"""Real film with sound, sent as a browser would send it, and viewers that count what arrives: demo, bench and tests.

It knows the hub's fixed HTTP paths and a bearer token, nothing of the api's insides.
"""
