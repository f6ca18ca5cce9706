# Counts visits in a file beside the code.
run lambda { |_env|
  count = File.open('tmp/visits', File::RDWR | File::CREAT) do |file|
    file.flock(File::LOCK_EX)
    visits = file.read.to_i + 1
    file.rewind
    file.write(visits)
    visits
  end
  [200, { 'content-type' => 'text/plain' }, ["#{count}\n"]]
}
