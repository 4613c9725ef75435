"""What the generated modules say; read library, layout, arguments, pasted, temporaries, mathematics, docstring, module."""
