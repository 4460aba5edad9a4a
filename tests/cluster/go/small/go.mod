module platformctl.io/tests/small

go 1.24.0
