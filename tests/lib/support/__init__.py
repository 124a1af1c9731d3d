"""What the end-to-end tests are built from: a real Kafka, an independent client, the programs."""
