#ifndef U2FI_TESTS_E2E_CHAOS_FAULTS_H_
#define U2FI_TESTS_E2E_CHAOS_FAULTS_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/boxes.h"
#include "tests/e2e/chaos/redis_boxes.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {

// What goes wrong at a site of `boxes` machines, each with one replica of every
// service, a Redis and a Sentinel. Every fault lasts for seconds and is
// repaired before it returns: what died runs again, and Redis is whole. That it
// has had its effect is asserted where it can be seen. Not thread-safe.
class Faults {
 public:
  struct Fault {
    std::string name;
    std::function<void()> run;
  };

  // `clock_file` is what libfaketime reads for "attestation-1". All must
  // outlive this object.
  Faults(ProcessSite& site, RedisBoxes& redis, Boxes& boxes,
         std::string clock_file);

  // Each kind once. The order is that in which they are told.
  const std::vector<Fault>& all() const { return all_; }

 private:
  void KillAndRestart(const std::string& program);
  void Freeze(Programs& programs, const std::string& program,
              absl::Duration duration);
  void CutOffReplica();
  void CutOffMaster();
  void FailOverWithALaggingReplica();
  void FillMastersDisk();
  void StepClock();
  void UseUpDescriptors(const std::string& program);

  void AwaitNewMaster(int before);
  // Starts again what a fault has ended.
  void Repair();

  ProcessSite& site_;
  RedisBoxes& redis_;
  Boxes& boxes_;
  const std::string clock_file_;
  std::vector<Fault> all_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_CHAOS_FAULTS_H_
