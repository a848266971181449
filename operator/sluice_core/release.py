"""The release that this code is of; the images carry no package metadata."""

RELEASE = "0.1.0"
