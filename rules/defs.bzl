"""Rules for Python applications as one file, for the libraries in them, and for their tests."""

load("//rules/private:macros.bzl", _python_binary = "python_binary", _python_library = "python_library", _python_test = "python_test")

python_binary = _python_binary
python_library = _python_library
python_test = _python_test
