"""What others open: image sets as dataset folders, and the points of the map for their tools."""
