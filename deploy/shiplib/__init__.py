"""What `deploy/ship` is made of. It needs Python 3.11, git and docker or buildah, and no package.

One file, one idea: `target` says where a release goes, `guards` whether it may, `images` and `registry`
make it and read it back, `platform` is the API of the place where it runs, `smoke` asks whether it works,
`release` and `rollback` are the two stories, and `record` writes them down.
"""
