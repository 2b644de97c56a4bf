"""The migrations of the kernel, oldest first; each is one module with ``upgrade`` and ``downgrade``."""
