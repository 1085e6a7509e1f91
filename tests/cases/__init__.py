"""Tables of what people really have, each case with a maker and the right value beside it."""
