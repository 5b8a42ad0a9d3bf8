"""What a person, a dock or the clock may do: one module per act, one door. Everything else reaches the judges and the hands through here."""
