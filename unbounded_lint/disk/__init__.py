"""Files as such: read and written without harm, whoever wrote the tree, and kept between runs."""
