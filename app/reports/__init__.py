"""Reports: pages in one file each, to be handed on; nothing in them is fetched from anywhere."""
