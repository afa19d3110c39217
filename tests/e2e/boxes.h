#ifndef U2FI_TESTS_E2E_BOXES_H_
#define U2FI_TESTS_E2E_BOXES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/contract/store/child_process.h"

namespace u2fi::e2e {

// Machines as far as the network goes: namespaces of their own, each with one
// cable to a bridge, at which this process is too. Nothing leads out of it, and
// it ends with this process, however that ends. Needs root and iproute2.
// Addresses are of 192.0.2.0/24 (RFC 5737). Not thread-safe.
class Boxes {
 public:
  // Moves this process into a network of its own, and lets it mount without
  // anybody else seeing it. Before main() makes threads.
  static absl::Status Enter();

  // Enter() comes first. Failures are those of the test.
  explicit Boxes(int count);

  // "192.0.2.10", ….
  std::string host(int box) const;
  // The words of a program that is to run there; its process keeps its id.
  std::vector<std::string> At(int box,
                              const std::vector<std::string>& words) const;

  // Packets from and to the box vanish, and nobody is told; Mend() ends that.
  void Cut(int box);
  void Mend(int box);

 private:
  void Connect(int box);

  // Each is a process that keeps one namespace alive.
  std::vector<std::unique_ptr<store::ChildProcess>> holders_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_BOXES_H_
