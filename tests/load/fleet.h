#ifndef U2FI_TESTS_LOAD_FLEET_H_
#define U2FI_TESTS_LOAD_FLEET_H_

#include <string>
#include <vector>

namespace u2fi::load {

// Gateways' links to the mesh (the agent's own MeshLink), many in one process
// that runs until it is killed. At most kAtOnce of them are connecting at one
// moment: the process stands for as many machines, and has not their
// processors. They are told over a folder what to do, and say
// there how far they are:
//   roots, gN.key, gN.crt  identities, before the process starts
//   gates                  target of the gates, which every gateway is given;
//                          nobody connects before it is there
//   connected-FIRST        how many are connected; there once all are ready
struct Fleet {
  static constexpr int kAtOnce = 50;
  std::string folder;
  // Its gateways: gFIRST and so on.
  int first = 0;
  int size = 0;
};

// The words that start it, behind the program's own name, and what is done
// with them: never returns if they are a fleet's; false otherwise.
std::vector<std::string> WordsOf(const Fleet& fleet);
bool RunIfFleet(int argc, char** argv);

// Tells all fleets of the folder where the gates are.
void TellGates(const std::string& folder, const std::string& target);

// How many gateways of the fleet are connected; -1: it is not ready yet.
int ConnectedOf(const Fleet& fleet);

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_FLEET_H_
