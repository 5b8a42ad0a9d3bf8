"""The containers' own structures: sample tables and fragments of MP4 and MOV, blocks of Matroska. Input is hostile."""
