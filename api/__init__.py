"""The web edge and the composition root: HTTP, WebSocket, pages, command line."""
