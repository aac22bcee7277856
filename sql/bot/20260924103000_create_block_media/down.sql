DROP TABLE block_media;
