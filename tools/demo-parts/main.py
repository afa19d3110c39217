#!/usr/bin/env python3
"""Plays the main job of U2Fi on this machine: see tools/demo --help."""
import argparse
import os
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from client import Client
from cloud import Mesh, Standalone
from place import Place
from processes import Processes
from screen import Failure, Screen
from serving import environment_file, instructions
from site_of_demo import Site
from story import Story


class Stopped(Exception):
    """SIGTERM or SIGINT came."""


def parse(arguments):
    parser = argparse.ArgumentParser(prog='tools/demo', add_help=False)
    parser.add_argument('--binaries', required=True)
    parser.add_argument('--grpcurl', default='')
    parser.add_argument('--env-file', default='demo.env')
    parser.add_argument('--ci', action='store_true')
    parser.add_argument('--mesh', action='store_true')
    parser.add_argument('--serve', action='store_true')
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('--transcript')
    return parser.parse_args(arguments)


def stop_on_signals():
    def stop(number, frame):
        raise Stopped()
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def play(story):
    story.start()
    story.make_records()
    story.enrol()
    story.provision()
    story.run_free()
    story.run_critical()
    story.say_no()
    story.wait_too_long()
    story.rob()
    story.break_broker()
    story.break_cloud()
    story.still_works()
    story.export_audit()


def remove_own(path, text):
    """Unless it is gone, or another demo's by now."""
    try:
        with open(path, encoding='utf-8') as file:
            if file.read() == text:
                os.unlink(path)
    except FileNotFoundError:
        pass


def serve(flags, place, processes, screen, cloud, site):
    """Until Ctrl-C."""
    environment = environment_file(place, cloud, site, flags.grpcurl)
    with open(flags.env_file, 'w', encoding='utf-8') as file:
        file.write(environment)
    screen.scene('Serving', f'until Ctrl-C; in another shell, in {os.path.dirname(os.path.abspath(flags.env_file))}:')
    for line in instructions():
        screen.note('  ' + line)
    try:
        while True:
            processes.check()
            time.sleep(0.5)
    except Stopped:
        screen.note('stopping')
    finally:
        remove_own(flags.env_file, environment)


def run(flags, place, processes, screen):
    cloud = (Mesh if flags.mesh else Standalone)(place, processes, screen)
    site = Site(place, processes, screen, 0)
    story = Story(place, processes, screen, cloud, site, Client(place, screen, cloud, site, flags.ci))
    play(story)
    if flags.serve:
        serve(flags, place, processes, screen, cloud, site)
    processes.stop_all()
    story.verify_audit()
    screen.check_transcript()


def main():
    flags = parse(sys.argv[1:])
    stop_on_signals()
    try:
        screen = Screen(flags.transcript)
    except OSError as error:
        print(f'demo: the transcript cannot be written: {error}', file=sys.stderr)
        return 1
    place = Place(flags.binaries)
    processes = Processes(screen, place.logs)
    code = 1
    try:
        run(flags, place, processes, screen)
        code = 0
    except Failure as failure:
        screen.note(f'\ndemo: FAILED: {failure}')
        screen.note(f'what to do: {failure.advice or "read the logs"}; all logs are in {place.logs}')
    except OSError as error:
        print(f'\ndemo: FAILED: {error}; all logs are in {place.logs}', file=sys.stderr)
    except Stopped:
        screen.note('\ndemo: stopped')
        code = 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        screen.stopping = True
        processes.stop_all()
        if code != 1 and not flags.keep:
            shutil.rmtree(place.folder, ignore_errors=True)
    screen.close()
    if code == 0:
        print('\ndemo: ok')
    return code


if __name__ == '__main__':
    sys.exit(main())
