"""Policy packs: cited, dated, versioned data."""
