"""The programs that run on a hall's small machines: ticket machine, pads, LED sign, speaker."""
