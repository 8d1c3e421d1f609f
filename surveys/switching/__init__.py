"""Coming from another tool: its surveys become drafts, its answers keep their date and say where they came from."""
