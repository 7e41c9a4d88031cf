"""What people see in the hall: boards over WebSocket, LED signs as bitmaps, the TV page."""
