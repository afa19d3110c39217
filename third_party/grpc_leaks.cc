// What LeakSanitizer leaves out in programs with gRPC: the error state that
// OpenSSL keeps for each thread of gRPC 1.51. Those threads never end, and
// OpenSSL forgets theirs at the end of the process before the leaks are
// counted. Ours is BoringSSL, inside the program: it hides nothing of ours.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcrypto.so.3\n";
}
