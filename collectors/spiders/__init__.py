"""The spiders: `page` asks for its seeds and nothing else, `site` follows links within scope."""
