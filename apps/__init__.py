"""What people look at. Reads only the semantic layer; computes no metric of its own."""
