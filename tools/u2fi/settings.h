#ifndef U2FI_TOOLS_U2FI_SETTINGS_H_
#define U2FI_TOOLS_U2FI_SETTINGS_H_

#include <string>

namespace u2fi::cli {

// Where the mesh is and who calls: flags of every command, or the environment
// (U2FI_GATE and so on).
struct Settings {
  // gRPC target of the gate; in standalone it serves everything.
  std::string gate;
  // Of the others; empty: the gate's process serves them.
  std::string registry;
  std::string attestation;
  std::string challenge;
  // Folder with tls.crt, tls.key and ca.crt: who calls.
  std::string identity;
  std::string trust_domain = "u2fi.example";
  // The account on whose behalf commands are asked for.
  std::string account;
  // One JSON object a line instead of text.
  bool json = false;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_SETTINGS_H_
