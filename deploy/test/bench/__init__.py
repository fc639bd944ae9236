"""What releases are tried on: a registry, a database, a stand-in of the platform that runs images, a repository."""
