"""One session becomes evidence, then nothing: segments, cases, answers, purges (way 3)."""
