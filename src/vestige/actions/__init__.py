"""What a person, a dock or the clock may do: one door. Everything else reaches the judges and the hands through here."""
