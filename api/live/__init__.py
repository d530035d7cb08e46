"""While meetings run: the relay's and the recorder's events to the pages, coverage each second, watches."""
