"""What it takes to read a website: addresses, polite and safe requests, robots.txt, sitemaps, the signs on a page."""
