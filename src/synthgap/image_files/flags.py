"""What can be wrong with an image that opens: the words of the column `flag` of image tables.

A module of its own and nothing else in it, since the keys of generated images hash what it says.
"""

SAFETY_CHECKER = "safety checker"
NOT_A_NUMBER = "not a number"
BLACK = "black"
ONE_COLOUR = "one colour"
