"""What the generated modules say; read library, layout, arguments, mathematics, pasted, docstring, module."""
